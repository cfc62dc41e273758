"""What a language model may have done, by name only; one tool a file."""
