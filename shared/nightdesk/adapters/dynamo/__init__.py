"""DynamoDB: four tables by lifetime, every key spelled in `keys`, every fault translated once."""
