"""One file per helpdesk: how its messages come in, and how an approved reply goes back."""
