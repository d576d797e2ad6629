"""What comes into `rotate_keys` and what goes out."""

from nightdesk.core.wire import Message, Moment


class Input(Message):
    """One daily look at the ring of signing keys."""

    as_of: Moment


class Output(Message):
    """Whether the ring was turned one step."""

    turned: bool
