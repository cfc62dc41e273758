"""Bring models to this machine and prove that they are the right ones."""
