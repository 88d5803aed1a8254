// Blocks of delegated prefixes that one server reserves.
import { prefixes6 } from './leases.ts';
import { offerBlocksContract } from './offer-blocks-contract.ts';

offerBlocksContract(prefixes6);
