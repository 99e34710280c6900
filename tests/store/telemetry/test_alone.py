"""One folder per database."""

from store.engine import open_engine
from store.telemetry.alone import alone


def test_a_second_server_does_not_fold_while_the_first_does(service, database_url):
    other = open_engine(database_url)

    with alone(service.reader._engine) as first, alone(other) as second:
        assert (first, second) == (True, False)
    with alone(other) as afterwards:
        assert afterwards
    other.dispose()
