"""Which publisher carries which topic."""

from faceline.notify.message import Message
from faceline.notify.publisher import Publisher, Undelivered
from faceline.notify.webhook import WebhookPublisher
from faceline.settings import Settings, SettingsError


class Routes:
    """A topic with a webhook goes there, every other one to SNS.

    sns   None when no SNS is configured: messages of other topics then wait in the outbox until they are given up
    """

    def __init__(self, webhooks: WebhookPublisher, sns: Publisher | None) -> None:
        self._webhooks = webhooks
        self._sns = sns

    def publish(self, message: Message) -> None:
        """Deliver, or raise Undelivered."""
        if self._webhooks.serves(message.topic_arn):
            self._webhooks.publish(message)
        elif self._sns is not None:
            self._sns.publish(message)
        else:
            raise Undelivered("no --webhook names this topic, and --sns-endpoint is not set")


def publisher_from(settings: Settings) -> Routes:
    """The publishers that the settings ask for. boto3 is imported only when SNS is used.

    Raises SettingsError with one line for a webhook address that is not http or https.
    """
    urls = dict(value.split("=", 1) for value in settings.webhook)
    try:
        webhooks = WebhookPublisher(urls)
    except ValueError as error:
        raise SettingsError(str(error)) from error
    if not settings.sns_endpoint:
        return Routes(webhooks, None)
    from faceline.notify.sns import SnsPublisher

    return Routes(webhooks, SnsPublisher(settings.sns_endpoint, settings.sts_endpoint))
