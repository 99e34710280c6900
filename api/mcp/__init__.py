"""The planner for language models: the Model Context Protocol by its official SDK."""
