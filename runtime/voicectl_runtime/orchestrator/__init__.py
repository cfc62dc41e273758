"""One asyncio process that holds every call."""
