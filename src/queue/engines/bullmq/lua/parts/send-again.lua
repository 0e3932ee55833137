--- send_again(): what was noted for a process that never confirmed it: that one is gone, or BullMQ would not have it.
--- @include shared, noted
local function send_again()
  for _, note in ipairs(call('ZRANGEBYSCORE', P .. 'outgoing', '-inf', shared() - 5000, 'LIMIT', 0, 500)) do
    call('ZADD', P .. 'outgoing', shared(), note)
    local first, last = string.match(note, '^#(%d+)%-(%d+)$')
    if first then note = note .. '\n' .. table.concat(call('ZRANGEBYSCORE', P .. 'all', first, last), '\n') end
    out[#out + 1] = note
  end
end
