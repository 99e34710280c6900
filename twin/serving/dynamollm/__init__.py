"""DynamoLLM: pools by length, instances, sharding and clocks that follow the load."""
