--- Keeps lines that a run logged.
--- Keys: t:, logs:
--- Arguments: id, token, n, n × line (JSON)
--- Answer: whether the run is current (1 or 0)
--- @include current, tell
local id = arg()
if not current(id, arg()) then return { 0, {} } end
for _ = 1, number() do call('RPUSH', P .. 'logs:' .. id, arg()) end
changed[#changed + 1] = id
tell()
return { 1, {} }
