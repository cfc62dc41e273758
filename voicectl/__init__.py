"""voicectl: provision and operate a self-hosted AI phone agent."""
