"""The synthetic phone: calls the agent, speaks, listens, and measures what a caller would hear, packet by packet."""
