"""Downloads: from URLs to files that are whole and the same as last time.

Transfers are resumed and proved (`transfer`), what came is held against the profile and its lock (`check`, `lock`), and
nothing starts before all of it is known to be there and to fit the disk (`plan`). `download` is what stages call.
"""
