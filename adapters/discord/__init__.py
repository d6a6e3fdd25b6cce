"""The Discord front: interactions and messages of discord.py in, cards out."""
