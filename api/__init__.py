"""The REST interface: routes, jobs, problem documents, and the client for it."""
