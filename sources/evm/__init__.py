"""EVM chains: JSON-RPC over WebSocket, calldata and logs of known contracts."""
