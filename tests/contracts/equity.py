"""What every Equity and PoolFunds keeps to."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

from nightdesk.core.ids import BotId, UserId
from nightdesk.market.timeframe import Timeframe
from nightdesk.trading.order import Mode
from nightdesk.trading.ports import Equity, PoolFunds, Pot
from tests.builders.decisions import an_equity_point
from tests.builders.trading import AS_OF, BOT, OWNER

HOUR = timedelta(hours=1)


class EquityContract:
    def test_latest_is_none_before_the_first_point(self, equity: Equity) -> None:
        assert equity.latest(OWNER, BOT) is None

    def test_latest_is_the_newest_of_this_bot(self, equity: Equity) -> None:
        points = [an_equity_point(AS_OF + hour * HOUR, trips=hour) for hour in (1, 3, 2)]
        equity.put([*points, an_equity_point(AS_OF + 9 * HOUR, bot_id=BotId("bot_2"))])
        assert equity.latest(OWNER, BOT) == points[1]
        assert equity.latest(UserId("usr_2"), BOT) is None

    def test_latest_before_a_moment_leaves_that_moment_out(self, equity: Equity) -> None:
        points = [an_equity_point(AS_OF + hour * HOUR, trips=hour) for hour in range(3)]
        equity.put(points)
        assert equity.latest(OWNER, BOT, before=AS_OF + HOUR) == points[0]
        assert equity.latest(OWNER, BOT, before=AS_OF + 90 * HOUR / 60) == points[1]
        assert equity.latest(OWNER, BOT, before=AS_OF) is None

    def test_before_is_the_point_of_the_last_close_or_else_the_newest(self, equity: Equity) -> None:
        settled, paused, other = BOT, BotId("bot_2"), UserId("usr_2")
        hours = [an_equity_point(AS_OF + hour * HOUR, trips=hour) for hour in range(4)]
        equity.put([*hours, an_equity_point(AS_OF - 5 * HOUR, bot_id=paused)])
        bots = dict.fromkeys([(OWNER, settled), (OWNER, paused), (other, BOT)], Timeframe.H1)
        found = equity.before(bots, AS_OF + 3 * HOUR)
        assert found[OWNER, settled] == hours[2]
        assert found[OWNER, paused].as_of == AS_OF - 5 * HOUR
        assert (other, BOT) not in found

    def test_before_asks_by_each_bots_own_timeframe(self, equity: Equity) -> None:
        midnight = Timeframe.D1.floor(AS_OF)
        points = [an_equity_point(midnight + hour * HOUR, trips=hour) for hour in range(3)]
        equity.put(points)
        of = {(OWNER, BOT): Timeframe.D1}
        assert equity.before(of, midnight + 2 * HOUR)[OWNER, BOT] == points[0]

    def test_the_same_point_again_changes_nothing(self, equity: Equity) -> None:
        equity.put([an_equity_point()])
        equity.put([an_equity_point()])
        assert equity.between(OWNER, BOT, AS_OF, AS_OF + HOUR) == [an_equity_point()]

    def test_between_has_the_first_moment_and_not_the_last(self, equity: Equity) -> None:
        points = [an_equity_point(AS_OF + hour * HOUR) for hour in range(5)]
        equity.put(points)
        assert equity.between(OWNER, BOT, AS_OF + HOUR, AS_OF + 3 * HOUR) == points[1:3]
        assert equity.between(OWNER, BOT, AS_OF, AS_OF) == []
        assert equity.between(UserId("usr_2"), BOT, AS_OF, AS_OF + 9 * HOUR) == []

    def test_more_points_than_one_batch_are_all_stored(self, equity: Equity) -> None:
        points = [an_equity_point(AS_OF + hour * HOUR) for hour in range(60)]
        equity.put(points)
        assert equity.between(OWNER, BOT, AS_OF, AS_OF + 60 * HOUR) == points

    def test_no_points_are_no_write(self, equity: Equity) -> None:
        equity.put([])


class PoolContract:
    def test_a_pool_that_was_never_opened_has_nothing(self, pool: PoolFunds) -> None:
        assert pool.free(OWNER, Mode.PAPER, "USD") == 0
        assert pool.pot(OWNER, Mode.PAPER, "USD") is None

    def test_free_is_by_owner_mode_and_currency(
        self, pool: PoolFunds, fund: Callable[[UserId, Mode, str, Decimal], None]
    ) -> None:
        fund(OWNER, Mode.PAPER, "USD", Decimal("123.45678901"))
        assert pool.free(OWNER, Mode.PAPER, "USD") == Decimal("123.45678901")
        assert pool.free(OWNER, Mode.LIVE, "USD") == 0
        assert pool.free(OWNER, Mode.PAPER, "EUR") == 0
        assert pool.free(UserId("usr_2"), Mode.PAPER, "USD") == 0

    def test_a_pot_knows_its_opening(
        self, pool: PoolFunds, fund: Callable[[UserId, Mode, str, Decimal], None]
    ) -> None:
        fund(OWNER, Mode.PAPER, "USD", Decimal(4))
        pot = Pot(opening=Decimal(10_000), free=Decimal(4), version=1)
        assert pool.pot(OWNER, Mode.PAPER, "USD") == pot
        assert pool.pot(OWNER, Mode.LIVE, "USD") is None
