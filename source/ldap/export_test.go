package ldap

// LookUp has the source look people up once it has read so many, if groups name so few
// that it has not seen.
func (s *Source) LookUp(large, few int) { s.strategy = strategy{large, few} }
