--- confirm(note): it was sent.
local function confirm(note) call('HDEL', P .. 'out', note) end
