"""Step 2 of the trading cycle, and the hourly pass: candles and rules up to date."""
