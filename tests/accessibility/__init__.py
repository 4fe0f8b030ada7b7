"""
Every screen in each of its states, looked at as somebody does who cannot see it, sees little, or uses no mouse.

`python -m tests.accessibility` runs it and prints what was looked at, to be quoted.
"""
