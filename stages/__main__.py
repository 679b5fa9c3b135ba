"""Run one stage: `python -m stages <name>`."""

from gdig.run.stage import main

main()
