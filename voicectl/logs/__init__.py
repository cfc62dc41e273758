"""What the services wrote down, and the record of calls."""
