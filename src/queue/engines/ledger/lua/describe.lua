--- Stores what their messages say of tasks that run, where the ledger knew otherwise.
--- Keys: t:, expiring
--- Arguments: n, n × (id, name, input, createdAt, runAt, expiresAt or '', priority, headers (JSON), attempt)
--- Answer: 1
for _ = 1, number() do
  local id, name, input, created_at, run_at, expires_at = arg(), arg(), arg(), arg(), arg(), arg()
  local t = key(id)
  call('HSET', t, 'name', name, 'input', input, 'createdAt', created_at, 'runAt', run_at, 'foreign', '1')
  call('HSET', t, 'priority', arg(), 'headers', arg(), 'attempt', arg())
  call('HDEL', t, 'expected')
  if expires_at ~= '' then
    call('HSET', t, 'expiresAt', expires_at)
    if tonumber(run_at) > now then call('ZADD', P .. 'expiring', expires_at, id) end
  end
end
return { 1, {} }
