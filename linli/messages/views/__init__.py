"""Pages of messages: senders, one's own means and inbox, what needs a person, and what providers call."""
