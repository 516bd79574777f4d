"""`vrlive bench …`: each performance claim as one command."""
