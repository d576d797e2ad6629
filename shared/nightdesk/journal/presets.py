"""The formats that are known: own template and what venues let their users download.

Sources: the venues' own exports as their users publish samples of them; see docs/importing.md
for where each is found at its venue.
"""

from collections.abc import Mapping
from types import MappingProxyType

from nightdesk.core.errors import Invalid
from nightdesk.journal.preset import Column, FeeIn, Pairs, Preset, RowKind, Signs
from nightdesk.trading.external import Market

C, K = Column, RowKind

OWN = Preset(
    id="nightdesk",
    title="Own template",
    venue="imported",
    header="fill_id?,at,account,instrument,side,quantity,price,fee?,fee_asset?,order_id?,stop?,"
    "target?,setup?,tags?,note?",
    columns={
        one: (one.value,)
        for one in (
            *(C.FILL_ID, C.TIME, C.ACCOUNT, C.INSTRUMENT, C.SIDE, C.QUANTITY, C.PRICE, C.FEE),
            *(C.FEE_ASSET, C.ORDER, C.STOP, C.TARGET, C.SETUP, C.TAGS, C.NOTE),
        )
    },
)

KRAKEN_LEDGERS = Preset(
    id="kraken_ledgers",
    title="Kraken: ledgers",
    venue="kraken",
    header="txid,refid,time,type,subtype?,aclass?,asset,wallet?,amount,fee,balance?,feecurrency?",
    columns={
        C.FILL_ID: ("txid",),
        C.GROUP: ("refid",),
        C.TIME: ("time",),
        C.KIND: ("type",),
        C.SUBKIND: ("subtype",),
        C.ASSET: ("asset",),
        C.AMOUNT: ("amount",),
        C.FEE: ("fee",),
        C.FEE_ASSET: ("feecurrency",),
    },
    pairs=Pairs.KRAKEN,
    kinds={
        **dict.fromkeys(("trade", "spend", "receive", "conversion"), K.LEG),
        "deposit": K.DEPOSIT,
        "withdrawal": K.WITHDRAWAL,
        **dict.fromkeys(("transfer", "custodytransfer", "invitebonus:transfer"), K.TRANSFER),
        **dict.fromkeys(("hybridearndeposit", "hybridearnwithdrawal"), K.TRANSFER),
        **dict.fromkeys(
            (
                *("earn:allocation", "earn:deallocation", "earn:autoallocation"),
                *("earn:autoallocate", "earn:migration", "transfer:spottostaking"),
                *("transfer:stakingfromspot", "transfer:stakingtospot", "transfer:spotfromstaking"),
            ),
            K.TRANSFER,
        ),
        **dict.fromkeys(("staking", "earn", "reward", "dividend", "credit", "airdrop"), K.REWARD),
        "rollover": K.FUNDING,
        **dict.fromkeys(("margin", "settled", "adjustment"), K.PNL),
        **dict.fromkeys(("nft_rebate", "nftrebate", "invite bonus", "invitebonus"), K.REWARD),
    },
    default=None,
    group=(C.GROUP,),
    grouped_id=True,
    without_id_skipped=True,
    note="Preferred: it tells deposits, rewards and fees, too.",
)

KRAKEN_TRADES = Preset(
    id="kraken_trades",
    title="Kraken: trades",
    venue="kraken",
    header="txid,ordertxid,pair,aclass?,time,type,ordertype,price,cost,fee,vol,margin?,misc?,"
    "ledgers?",
    columns={
        C.FILL_ID: ("txid",),
        C.ORDER: ("ordertxid",),
        C.INSTRUMENT: ("pair",),
        C.TIME: ("time",),
        C.SIDE: ("type",),
        C.PRICE: ("price",),
        C.TOTAL: ("cost",),
        C.FEE: ("fee",),
        C.QUANTITY: ("vol",),
        C.MARGIN: ("margin",),
    },
    pairs=Pairs.KRAKEN,
)

BINANCE_SPOT = Preset(
    id="binance_spot",
    title="Binance: spot trade history",
    venue="binance",
    header="Date(UTC)|Time,Pair,Side,Price,Executed,Amount,Fee",
    columns={
        C.TIME: ("Date", "Time"),
        C.INSTRUMENT: ("Pair",),
        C.SIDE: ("Side",),
        C.PRICE: ("Price",),
        C.QUANTITY: ("Executed",),
        C.TOTAL: ("Amount",),
        C.FEE: ("Fee",),
    },
    units=True,
    fee_in=FeeIn.UNIT,
    year_first=True,
)

BINANCE_OLDER = Preset(
    id="binance_spot_older",
    title="Binance: spot trade history, older",
    venue="binance",
    header="Date(UTC),Market|Pair,Type|Side,Price,Amount,Total,Fee,Fee Coin",
    columns={
        C.TIME: ("Date",),
        C.INSTRUMENT: ("Market", "Pair"),
        C.SIDE: ("Type", "Side"),
        C.PRICE: ("Price",),
        C.QUANTITY: ("Amount",),
        C.TOTAL: ("Total",),
        C.FEE: ("Fee",),
        C.FEE_ASSET: ("Fee Coin",),
    },
    year_first=True,
)

BINANCE_STATEMENT = Preset(
    id="binance_statement",
    title="Binance: transaction statement",
    venue="binance",
    header="User_ID?,UTC_Time|Time,Account,Operation,Coin,Change,Remark?",
    columns={
        C.TIME: ("UTC_Time", "Time"),
        C.SECTION: ("Account",),
        C.KIND: ("Operation",),
        C.ASSET: ("Coin",),
        C.AMOUNT: ("Change",),
        C.REMARK: ("Remark",),
    },
    kinds={
        **dict.fromkeys(
            (
                *("buy", "sell", "transaction related", "transaction buy", "transaction spend"),
                *("transaction sold", "transaction revenue", "binance convert", "convert"),
                *("large otc trading", "small assets exchange bnb", "buy crypto"),
                *("buy crypto with fiat", "buy crypto with card", "sell crypto to fiat"),
                *("sell crypto", "stablecoins auto-conversion", "token swap"),
            ),
            K.LEG,
        ),
        **dict.fromkeys(("fee", "transaction fee"), K.LEG_FEE),
        **dict.fromkeys(("deposit", "fiat deposit", "crypto box"), K.DEPOSIT),
        **dict.fromkeys(("withdraw", "withdrawal", "fiat withdraw"), K.WITHDRAWAL),
        "funding fee": K.FUNDING,
        **dict.fromkeys(("realized profit and loss", "realize profit and loss"), K.PNL),
        "send": K.WITHDRAWAL,
        "insurance fund compensation": K.PNL,
    },
    patterns=(
        ("funding fee", K.FUNDING),
        ("transfer", K.TRANSFER),
        ("subscri", K.TRANSFER),
        ("redemption", K.TRANSFER),
        ("purchase", K.TRANSFER),
        ("interest", K.REWARD),
        ("reward", K.REWARD),
        ("distribution", K.REWARD),
        ("airdrop", K.REWARD),
        ("earnings", K.REWARD),
        ("cashback", K.REWARD),
        ("rebate", K.REWARD),
        ("voucher", K.REWARD),
        ("commission", K.REWARD),
        ("kickback", K.REWARD),
        ("mining", K.REWARD),
        ("deposit", K.DEPOSIT),
        ("withdraw", K.WITHDRAWAL),
        ("fee", K.FEE),
    ),
    default=None,
    group=(C.TIME, C.SECTION),
    families={
        "binance convert": "convert",
        "convert": "convert",
        "large otc trading": "otc",
        "small assets exchange bnb": "dust",
        "token swap": "swap",
        "stablecoins auto-conversion": "stable",
    },
    # `FET to BNB`: many coins are sold in one second
    remarked=frozenset({"small assets exchange bnb"}),
    year_first=True,
    note="Fills of one second and pair are joined: the trade history tells them apart.",
)

BINANCE_FUTURES = Preset(
    id="binance_futures",
    title="Binance: futures transaction history",
    venue="binance",
    header="Date(UTC)|time,type,Amount,Asset,Symbol,Transaction ID",
    columns={
        C.TIME: ("Date", "time"),
        C.KIND: ("type",),
        C.AMOUNT: ("Amount",),
        C.ASSET: ("Asset",),
        C.INSTRUMENT: ("Symbol",),
        C.FILL_ID: ("Transaction ID",),
    },
    market=Market.PERP,
    kinds={
        "funding_fee": K.FUNDING,
        "commission": K.FEE,
        "realized_pnl": K.PNL,
        "insurance_clear": K.PNL,
        "transfer": K.TRANSFER,
        "internal_transfer": K.TRANSFER,
        "cross_collateral_transfer": K.TRANSFER,
        "coin_swap_deposit": K.TRANSFER,
        "coin_swap_withdraw": K.TRANSFER,
        **dict.fromkeys(("deposit", "withdraw"), K.TRANSFER),
        "welcome_bonus": K.REWARD,
        "referral_kickback": K.REWARD,
        "commission_rebate": K.REWARD,
        "api_rebate": K.REWARD,
        "contest_reward": K.REWARD,
    },
    patterns=(("transfer", K.TRANSFER), ("bonus", K.REWARD), ("rebate", K.REWARD)),
    default=None,
    # one transaction has a row for its commission and one for what it realised
    ids=(C.KIND, C.FILL_ID, C.ASSET),
    year_first=True,
    note="It has no fills: funding, fees and what was realised become movements.",
)

BITPANDA = Preset(
    id="bitpanda",
    title="Bitpanda: transactions",
    venue="bitpanda",
    header="Transaction ID,Timestamp,Transaction Type,In/Out,Amount Fiat,Fiat,Amount Asset,Asset,"
    "Asset market price,Asset market price currency?,Asset class?,Product ID?,Fee,Fee asset,"
    "Fee percent?,Spread?,Spread Currency?,Tax Fiat?",
    columns={
        C.FILL_ID: ("Transaction ID",),
        C.TIME: ("Timestamp",),
        C.KIND: ("Transaction Type",),
        C.WAY: ("In/Out",),
        C.TOTAL: ("Amount Fiat",),
        C.QUOTE: ("Fiat",),
        C.QUANTITY: ("Amount Asset",),
        C.AMOUNT: ("Amount Asset",),
        C.BASE: ("Asset",),
        C.ASSET: ("Asset",),
        # no price: the file rounds it to two places, to 0.00 where a coin is worth little
        C.FEE: ("Fee",),
        C.FEE_ASSET: ("Fee asset",),
        C.TAX: ("Tax Fiat",),
        C.TAX_ASSET: ("Fiat",),
    },
    kinds={
        "buy": K.BUY,
        "sell": K.SELL,
        "deposit": K.DEPOSIT,
        **dict.fromkeys(("withdrawal", "withdraw"), K.WITHDRAWAL),
        **dict.fromkeys(("reward", "staking reward", "staking_reward", "interest"), K.REWARD),
    },
    patterns=(
        ("reward", K.REWARD),
        ("cashback", K.REWARD),
        ("airdrop", K.REWARD),
        ("stake", K.TRANSFER),
        ("transfer", K.TRANSFER),
    ),
    default=None,
    signs=Signs.BY_WAY,
    unsigned=True,
    # behind a withdrawal stand its address and whose that is
    longer_rows=True,
)

COINBASE = Preset(
    id="coinbase",
    title="Coinbase: transactions",
    venue="coinbase",
    header="ID,Timestamp,Transaction Type,Asset,Quantity Transacted,"
    "Price Currency|Spot Price Currency,Price at Transaction|Spot Price at Transaction,Subtotal,"
    "Total (inclusive of fees and/or spread),Fees and/or Spread,Notes,Sender Address?,"
    "Recipient Address?",
    columns={
        C.FILL_ID: ("ID",),
        C.TIME: ("Timestamp",),
        C.KIND: ("Transaction Type",),
        C.BASE: ("Asset",),
        C.ASSET: ("Asset",),
        C.QUANTITY: ("Quantity Transacted",),
        C.AMOUNT: ("Quantity Transacted",),
        C.QUOTE: ("Price Currency", "Spot Price Currency"),
        C.PRICE: ("Price at Transaction", "Spot Price at Transaction"),
        C.TOTAL: ("Subtotal",),
        C.PAID: ("Total (inclusive of fees and/or spread)",),
        C.FEE: ("Fees and/or Spread",),
        C.REMARK: ("Notes",),
    },
    kinds={
        **dict.fromkeys(("buy", "advanced trade buy", "advance trade buy"), K.BUY),
        **dict.fromkeys(("sell", "advanced trade sell", "advance trade sell"), K.SELL),
        "convert": K.CONVERT,
        **dict.fromkeys(("receive", "deposit"), K.DEPOSIT),
        **dict.fromkeys(("send", "withdrawal"), K.WITHDRAWAL),
        **dict.fromkeys(("learning reward", "coinbase earn"), K.REWARD),
    },
    patterns=(
        ("income", K.REWARD),
        ("reward", K.REWARD),
        ("rebate", K.REWARD),
        ("interest", K.REWARD),
        ("migration", K.TRANSFER),
        ("transfer", K.TRANSFER),
        ("exchange deposit", K.TRANSFER),
        ("exchange withdrawal", K.TRANSFER),
        ("pro deposit", K.TRANSFER),
        ("pro withdrawal", K.TRANSFER),
        ("vault", K.TRANSFER),
        ("deprecation", K.TRANSFER),
    ),
    default=None,
    signs=Signs.BY_KIND,
    unsigned=True,
    fee_within=True,
)

BYBIT = Preset(
    id="bybit",
    title="Bybit: derivatives transaction log",
    venue="bybit",
    header="Uid?,Time,Currency,Contract,Type,Direction,Quantity,Position?,Filled Price,Funding,"
    "Fee Paid,Cash Flow?,Change?,Wallet Balance?,Action?,Trade ID?,Order ID?",
    columns={
        C.TIME: ("Time",),
        C.ASSET: ("Currency",),
        C.FEE_ASSET: ("Currency",),
        C.INSTRUMENT: ("Contract",),
        C.KIND: ("Type",),
        C.SIDE: ("Direction",),
        C.QUANTITY: ("Quantity",),
        C.PRICE: ("Filled Price",),
        C.FUNDING: ("Funding",),
        C.FEE: ("Fee Paid",),
        C.AMOUNT: ("Change", "Cash Flow"),
        C.CHANGE: ("Change",),
        C.CASH_FLOW: ("Cash Flow",),
        C.SECTION: ("Action",),
        C.FILL_ID: ("Trade ID",),
        C.ORDER: ("Order ID",),
    },
    market=Market.PERP,
    kinds={
        **dict.fromkeys(("trade", "liquidation", "adl"), K.FILL),
        **dict.fromkeys(("settlement", "funding", "interest"), K.FUNDING),
        **dict.fromkeys(("transfer_in", "transfer_out", "transfer"), K.TRANSFER),
        "deposit": K.DEPOSIT,
        **dict.fromkeys(("withdraw", "withdrawal"), K.WITHDRAWAL),
        **dict.fromkeys(("bonus", "fee_refund", "airdrop"), K.REWARD),
    },
    patterns=(("transfer", K.TRANSFER), ("bonus", K.REWARD)),
    default=None,
    fee_sign=-1,
)

OKX = Preset(
    id="okx",
    title="OKX: trading history",
    venue="okx",
    header="id,Order id,Time,Trade Type,Instrument|Symbol,Type|Action,Amount,Unit|Trading Unit,"
    "Filled Price?,Filled Price Unit?,PL|PnL,Fee,Fee Unit?,Position Change?,Position Balance?,"
    "Position Unit?,Balance Change?,Balance?,Balance Unit?",
    columns={
        C.FILL_ID: ("id",),
        C.ORDER: ("Order id",),
        C.TIME: ("Time",),
        C.SUBKIND: ("Trade Type",),
        C.INSTRUMENT: ("Instrument", "Symbol"),
        C.KIND: ("Type", "Action"),
        C.SIDE: ("Type", "Action"),
        C.AMOUNT: ("Amount",),
        C.QUANTITY: ("Amount",),
        C.ASSET: ("Unit", "Trading Unit"),
        C.PRICE: ("Filled Price",),
        C.FUNDING: ("PL", "PnL"),
        C.FEE: ("Fee",),
        C.FEE_ASSET: ("Fee Unit", "Balance Unit", "Unit"),
        C.CHANGE: ("Balance Change",),
        C.CHANGE_ASSET: ("Balance Unit",),
    },
    kinds={
        **dict.fromkeys(("buy:spot", "sell:spot", "buy:margin", "sell:margin"), K.LEG),
        **dict.fromkeys(("buy:convert", "sell:convert"), K.LEG),
        **dict.fromkeys(("buy", "open long", "close short"), K.BUY),
        **dict.fromkeys(("sell", "open short", "close long"), K.SELL),
    },
    patterns=(
        ("funding fee", K.FUNDING),
        ("interest", K.FUNDING),
        ("transfer", K.TRANSFER),
        ("liquidation long", K.SELL),
        ("liquidation short", K.BUY),
        ("deposit", K.DEPOSIT),
        ("withdraw", K.WITHDRAWAL),
        ("reward", K.REWARD),
        ("rebate", K.REWARD),
        ("airdrop", K.REWARD),
    ),
    default=None,
    fee_sign=-1,
    group=(C.ORDER, C.TIME),
    note="Fills of one order in one second are joined. The zone is read from the first line.",
)

KUCOIN = Preset(
    id="kucoin",
    title="KuCoin: fills",
    venue="kucoin",
    header="oid,symbol,dealPrice,dealValue,amount,fee,direction,createdDate,feeCurrency?",
    columns={
        C.ORDER: ("oid",),
        C.INSTRUMENT: ("symbol",),
        C.PRICE: ("dealPrice",),
        C.TOTAL: ("dealValue",),
        C.QUANTITY: ("amount",),
        C.FEE: ("fee",),
        C.FEE_ASSET: ("feeCurrency",),
        C.SIDE: ("direction",),
        C.TIME: ("createdDate",),
    },
    note="Files that name no zone may be in UTC+8: choose it.",
)

PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        one.id: one
        for one in (
            *(OWN, KRAKEN_LEDGERS, KRAKEN_TRADES, BINANCE_SPOT, BINANCE_OLDER, BINANCE_STATEMENT),
            *(BINANCE_FUTURES, BITPANDA, COINBASE, BYBIT, OKX, KUCOIN),
        )
    }
)


def preset(name: str) -> Preset:
    """Return the preset of this id. Raises Invalid `UNKNOWN_PRESET`."""
    if name not in PRESETS:
        raise Invalid(
            "UNKNOWN_PRESET", "No preset has this id.", field="preset", allowed=sorted(PRESETS)
        )
    return PRESETS[name]


def template() -> str:
    """Return the own template as a file: its header and one made-up row."""
    header = ",".join(one.rstrip("?") for one in OWN.header.split(","))
    row = (
        "T-1,2024-03-05T14:30:00Z,my account,BTC/EUR@kraken,buy,0.25,58000.50,14.50,EUR,O-1,"
        "56500,62000,breakout,plan;a-setup,First hour"
    )
    return f"{header}\r\n{row}\r\n"
