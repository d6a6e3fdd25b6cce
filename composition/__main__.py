"""`python -m composition`: the program."""
print("ok")
