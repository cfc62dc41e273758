"""Configuration and plan as the files of one agent; pure: nothing here starts a process or opens a socket."""
