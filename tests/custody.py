"""Key devices for tests: a certificate's device handed over by the office's own two acts."""

from models import clock, tokens, tokens_custody

PAPERS = {"minutes_number": "01/BB", "assignment_number": "05/QĐ-SKH"}


def give(giver, certificate, receiver, **rest):
    """The giver opens, the receiver confirms; returns the device."""
    token = tokens.device_of(certificate)
    today = clock.today()
    values = PAPERS | {"minutes_date": today, "assignment_date": today} | rest
    return tokens_custody.receive(
        receiver, tokens_custody.open_hand_over(giver, token, receiver.post, **values)
    )
