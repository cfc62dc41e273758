"""The deployment, as a readable list of idempotent steps; `deployment.py` is its table of contents."""
