"""Venues: recorded candles (`replay`) and the public market data of exchanges (`ccxt`)."""
