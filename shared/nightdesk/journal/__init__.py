"""What happened, why, and what to change: trades, writing, behaviour, reviews, exports."""
