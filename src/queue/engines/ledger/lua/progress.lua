--- Keeps the progress of a run.
--- Keys: t:
--- Arguments: id, token, progress (JSON)
--- Answer: whether the run is current (1 or 0)
--- @include current, tell
local id = arg()
if not current(id, arg()) then return { 0, {} } end
call('HSET', key(id), 'progress', arg())
changed[#changed + 1] = id
tell()
return { 1, {} }
