--- The identity of this ledger, the same for all processes that share it.
--- Keys: identity
--- Arguments: an id that it gets unless it has one
--- Answer: its id
call('SET', P .. 'identity', arg(), 'NX')
return { call('GET', P .. 'identity'), {} }
