"""The command line of a stage: arguments, paths, progress, costs. No stage lists it; it cannot change an artifact."""
