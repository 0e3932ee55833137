--- tell(): says to whoever watches which tasks have changed.
local changed = {}
local function tell()
  if #changed > 0 and call('PUBSUB', 'NUMSUB', P .. 'changed')[2] > 0 then
    call('PUBLISH', P .. 'changed', table.concat(changed, '\n'))
  end
end
