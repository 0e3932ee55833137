--- keep_delivery(t, tag, raw): the ledger keeps each message while its task runs, so that it alone decides when the worker is lost; the broker need
--- not notice.
local function keep_delivery(t, _, raw)
  if raw then call('HSET', t, 'message', raw) end
end
