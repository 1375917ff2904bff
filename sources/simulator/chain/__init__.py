"""Simulated EVM chains: contracts, blocks, a mempool, those who trade there, JSON-RPC."""
