use super::*;
use crate::fixture::Fixture;

fn chunks(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[tokio::test]
async fn chunks_wait_a_day_and_belong_to_their_organisation() {
    let fixture = Fixture::in_memory().await;
    let (catalog, organization) = (&fixture.catalog, fixture.organization);
    let sent = [("a".to_owned(), 10), ("b".to_owned(), 20)];
    catalog.add_chunks(organization, &sent).await.unwrap();
    let asked = chunks(&["b", "c", "b"]);
    assert_eq!(catalog.chunks_there(organization, &asked).await.unwrap(), [("b".to_owned(), 20)]);
    assert_eq!(catalog.chunks_there(OrganizationId(99), &asked).await.unwrap(), []);
    fixture.advance_ms(CHUNK_MS / 2);
    catalog.add_chunks(organization, &sent[..1]).await.unwrap();
    fixture.advance_ms(CHUNK_MS / 2);
    assert_eq!(catalog.take_expired_chunks().await.unwrap(), [(organization, "b".to_owned())]);
    assert_eq!(catalog.take_expired_chunks().await.unwrap(), []);
    catalog.expire_chunks(organization, &chunks(&["a"]), fixture.now()).await.unwrap();
    assert_eq!(catalog.chunks_there(organization, &chunks(&["a"])).await.unwrap(), []);
    catalog.forget_chunks(organization, &chunks(&["a"])).await.unwrap();
    assert_eq!(catalog.take_expired_chunks().await.unwrap(), []);
}

#[tokio::test]
async fn one_process_puts_a_file_together_and_another_takes_over_from_a_silent_one() {
    let fixture = Fixture::in_memory().await;
    let catalog = &fixture.catalog;
    let key =
        AssemblyKey { organization_id: fixture.organization, scope: "difs/1".into(), sha1: "abc".into() };
    assert_eq!(catalog.assembly(&key).await.unwrap(), None);
    assert!(catalog.claim_assembly(&key, "one").await.unwrap());
    assert!(!catalog.claim_assembly(&key, "two").await.unwrap());
    assert_eq!(catalog.assembly(&key).await.unwrap(), Some(Assembly::UnderWay));
    fixture.advance_ms(CLAIM_MS - 1);
    assert!(catalog.claim_assembly(&key, "one").await.unwrap(), "renewed");
    fixture.advance_ms(CLAIM_MS);
    assert!(catalog.claim_assembly(&key, "two").await.unwrap());
    catalog.finish_assembly(&key, Some("not a debug file")).await.unwrap();
    let failed = Assembly::Failed("not a debug file".into());
    assert_eq!(catalog.assembly(&key).await.unwrap(), Some(failed));
    assert!(catalog.claim_assembly(&key, "one").await.unwrap(), "tried again");
    catalog.finish_assembly(&key, None).await.unwrap();
    assert_eq!(catalog.assembly(&key).await.unwrap(), None);
}
