"""The names others may use."""


def publish_month(**_: object) -> None:
    raise NotImplementedError
