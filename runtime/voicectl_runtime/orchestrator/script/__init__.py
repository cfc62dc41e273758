"""What the operator has signed off on: questions in several phrasings, their answers, and who finds which."""
