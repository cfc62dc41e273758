"""What the orchestrator itself costs, beside Pipecat in the same run."""
