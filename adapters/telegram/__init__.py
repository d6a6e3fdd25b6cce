"""The Telegram front: updates of python-telegram-bot in, cards out."""
