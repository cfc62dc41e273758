"""Clients of the services that hear, think and speak."""
