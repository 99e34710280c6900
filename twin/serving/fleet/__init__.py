"""Pools of instances, what routes and queues requests among them, and their energy."""
