"""Latency of the running agent, measured on the wire."""
