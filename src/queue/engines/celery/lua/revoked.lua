--- What was cancelled or revoked of late.
--- Keys: done:, revoked
--- Arguments: since, limit
--- Answer: ids, the newest first
local since, limit = arg(), number()
local ids = call('ZREVRANGEBYSCORE', P .. 'done:cancelled', '+inf', since, 'LIMIT', 0, limit)
for _, id in ipairs(call('ZREVRANGEBYSCORE', P .. 'revoked', '+inf', since, 'LIMIT', 0, limit)) do ids[#ids + 1] = id end
return { ids, {} }
