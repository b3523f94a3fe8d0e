"""Several people's labels of the same thing: how far they agree, and what they say together."""
