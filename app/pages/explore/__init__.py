"""The page planners open first: how many servers fit."""
