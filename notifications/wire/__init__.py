"""A letter as it goes over the wire: an e-mail with its calendar item and signature, a message of Telegram."""
