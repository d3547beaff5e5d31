"""A hub-managed service in front of one shared vLLM: who may ask, how much, and who comes first.

It is the small, whole example of what only a place outside the users' own processes can enforce.
"""
