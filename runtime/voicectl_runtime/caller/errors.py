"""What can go wrong with the phone itself; what goes wrong with the agent is a result, not an error."""


class PhoneError(Exception):
    """The call could not be placed as the job asked."""
